mod dashboard;
mod fake;
