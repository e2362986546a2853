mod access;
mod dashboard;
mod door;
mod fake;
mod transport;
