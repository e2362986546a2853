mod dashboard;
mod fake;
mod transport;
