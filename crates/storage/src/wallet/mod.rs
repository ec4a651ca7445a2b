//! The wallet's records ([`portage_wallet::ports::WalletStore`]).

#[cfg(test)]
mod conformance;
mod memory;

pub use memory::MemoryWallet;
