//! Attacks, each made from accepted bytes by one change, beside the twin that is accepted.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set its scene has failed")]

mod response;
