//! The wallet's pages in Chromium.

mod every_page;
mod hand;
mod story;

pub(crate) use hand::Hand;
