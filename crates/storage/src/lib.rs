//! SQLite and memory back ends of every port, and the suite both pass.

pub mod verifier;
