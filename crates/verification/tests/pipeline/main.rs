//! The pipeline against a world in memory: what must be accepted, and every attack of the threat table that can be made at this level. Each
//! refusal is made from accepted bytes by one change, beside its accepted twin; names begin with the row.

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod accepted;
mod any_byte;
mod binding;
mod controllers;
mod data_integrity;
mod data_model;
mod did_logs;
mod disclosures;
mod forge;
mod form;
mod issued;
mod keys;
mod retired_keys;
mod signatures;
mod status;
mod time;
mod trust;
