//! The pages, as people meet them: a real Chromium, driven over WebDriver.
//!
//! [`driver`] opens a tab as one person sees it (language, light or dark, width, with scripts or without) and acts by keyboard alone.
//! [`checks`] is what holds on every page: accessibility (axe), language, reflow, weight, nothing from elsewhere, nothing inline,
//! and plain words ([`plain`]). The other files tell stories; [`wallet`] walks every page of the wallet, on the stage that the tests in
//! `tests/wallet` play on too.
//!
//! Chromium, its driver and npm's `axe-core` are needed; `cargo xtask test` installs them.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot set its scene has failed"
)]

mod authority;
mod checks;
mod clerk;
mod counter;
mod driver;
mod plain;
mod scene;
mod wallet;

// The stage of the wallet's tests, with all that stands on it.
#[path = "../wallet/browser.rs"]
#[allow(dead_code, reason = "what the wallet's own tests do with it")]
mod browser;
#[path = "../wallet/citizen.rs"]
#[allow(dead_code, reason = "what the wallet's own tests do with it")]
mod citizen;
#[path = "../wallet/federation_side.rs"]
#[allow(dead_code, reason = "what the wallet's own tests do with it")]
mod federation_side;
#[path = "../wallet/issuer_side.rs"]
#[allow(dead_code, reason = "what the wallet's own tests do with it")]
mod issuer_side;
#[path = "../wallet/qr.rs"]
mod qr;
#[path = "../wallet/stage.rs"]
#[allow(dead_code, reason = "what the wallet's own tests do with it")]
mod stage;
#[path = "../wallet/verifier_side.rs"]
#[allow(dead_code, reason = "what the wallet's own tests do with it")]
mod verifier_side;
