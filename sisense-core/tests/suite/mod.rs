mod access;
mod dashboard;
mod fake;
mod transport;
