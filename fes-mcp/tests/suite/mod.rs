mod doctor;
mod sandbox;
