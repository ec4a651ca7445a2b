//! The wallet's pages in Chromium.

mod every_page;
mod hand;

pub(crate) use hand::Hand;
