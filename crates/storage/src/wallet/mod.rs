//! The wallet's records ([`portage_wallet::ports::WalletStore`]).

#[cfg(test)]
mod conformance;
mod memory;
mod sealed;

pub use memory::MemoryWallet;
pub use sealed::{SealedWallet, SealedWalletError};
