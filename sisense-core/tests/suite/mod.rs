mod access;
mod columns;
mod dashboard;
mod datamodel;
mod door;
mod fake;
mod transport;
