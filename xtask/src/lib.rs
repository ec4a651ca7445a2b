//! The story of the demo, as a library, so that a test plays what the demo plays.
//!
//! [`story::play`] starts the shipped programs as processes, each service behind a recording proxy, and drives them
//! through the command line and HTTP as their users would. What a party learned is computed from the bytes the
//! proxies saw, not from what the programs say of themselves.

mod address;
pub mod story;

pub use address::free_address;
