mod agent;
mod approvals;
mod ask;
mod cases;
mod crash;
mod data;
mod demo;
mod deployments;
mod doctor;
mod gate;
mod guards;
mod help;
mod http;
// The same words for what a deployment holds as the tests of the engine use.
#[path = "../../../tests/e2e/tests/suite/migration/meaning.rs"]
mod meaning;
mod migrate;
mod model;
mod remote;
#[cfg(unix)]
mod replicas;
mod runs;
mod sandbox;
mod stdio;
mod stopping;
mod tenants;
mod tools;
