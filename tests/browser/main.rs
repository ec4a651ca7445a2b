//! The pages, as people meet them: a real Chromium, driven over WebDriver.
//!
//! [`driver`] opens a tab as one person sees it (language, light or dark, width, with scripts or without) and acts by keyboard alone.
//! [`checks`] is what holds on every page: accessibility (axe), language, reflow, weight, nothing from elsewhere, nothing inline,
//! and plain words ([`plain`]). The other files tell stories.
//!
//! Chromium, its driver and npm's `axe-core` are needed; `cargo xtask test` installs them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot set its scene has failed"
)]

mod authority;
mod checks;
mod counter;
mod driver;
mod plain;
mod scene;
