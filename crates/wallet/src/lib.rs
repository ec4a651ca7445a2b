//! The wallet: what arrives, what is asked, what is shown, what is kept.
