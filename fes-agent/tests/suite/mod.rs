mod approvals;
mod calls;
mod drift;
mod fake;
mod plans;
mod store;
