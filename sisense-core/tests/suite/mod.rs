mod access;
mod columns;
mod dashboard;
mod datamodel;
mod datamodel_writes;
mod door;
mod fake;
mod transport;
