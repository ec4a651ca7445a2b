//! The wallet through its command line, against issuers and services on loopback ports that a test can change in one place.
//!
//! Every refusal is made from what is accepted by one change, and stands beside its accepted twin.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set its scene has failed")]

mod browser;
mod certificates;
mod citizen;
mod encrypted;
mod issuer_side;
mod qr;
mod stage;
mod verifier_side;
mod vouched;

mod backup;
mod explain;
mod federated;
mod federation_side;
mod imported;
mod interface;
mod offers;
mod order;
mod pages;
mod privacy;
mod requests;
mod story;
mod types;
