mod connections;
mod models;
mod source;
