mod access;
mod columns;
mod dashboard;
mod door;
mod fake;
mod transport;
