//! Attacks, each made from accepted bytes by one change, beside the twin that is accepted.
//!
//! One file for each group of rows; a test is named after its row. Where files suffice, the shipped program decides (`verifier check`): see
//! [`bench`]. Where a session, a clock or an HTTP code matters, a verifier listens in process: see [`response`].

#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod bench;
mod kinds;
mod lists;
mod silence;
mod tokens;

mod response;
mod s_status;
mod s_unavailable;
mod v_confusion;
mod v_data_integrity;
mod v_json_ld;
mod v_jws;
mod v_key_binding;
mod v_keys;
mod v_limits;
mod v_sd_jwt;
mod v_time;
mod v_trust;
