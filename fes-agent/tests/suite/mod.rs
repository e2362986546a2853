mod approvals;
mod asks;
mod calls;
mod drift;
mod fake;
mod plans;
mod sandbox;
mod store;
