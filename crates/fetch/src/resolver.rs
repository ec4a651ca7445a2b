//! Name resolution that hands on only addresses that may be connected.

use std::net::SocketAddr;

use portage_did::address::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Which addresses a client may connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The public Internet.
    Public,
    /// This machine: only ever asked for origins that are configured.
    Loopback,
}

/// The name resolves to an address that must not be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name resolves to an address that must not be contacted")]
pub(crate) struct AddressRefused;

/// Resolves with the system's resolver and refuses the whole answer if one address in it is out of reach: a name that mixes public
/// and private addresses is an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GuardedResolver(pub(crate) Reach);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            // Port 0 stands for the one of the URL.
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            check(reach, &addresses)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn check(reach: Reach, addresses: &[SocketAddr]) -> Result<(), AddressRefused> {
    let within = |address: &SocketAddr| match reach {
        Reach::Public => is_public(address.ip()),
        Reach::Loopback => address.ip().is_loopback(),
    };
    if addresses.iter().all(within) { Ok(()) } else { Err(AddressRefused) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| format!("{text}:0").parse().unwrap()).collect()
    }

    #[test]
    fn w01_one_private_address_among_public_ones_refuses_the_name() {
        assert_eq!(check(Reach::Public, &addresses(&["93.184.215.14"])), Ok(()));
        for mixed in [&["93.184.215.14", "10.0.0.1"][..], &["127.0.0.1"], &["[::1]"], &["[::ffff:127.0.0.1]"]]
        {
            assert_eq!(check(Reach::Public, &addresses(mixed)), Err(AddressRefused), "{mixed:?}");
        }
    }

    #[test]
    fn a_configured_loopback_origin_reaches_nothing_but_this_machine() {
        assert_eq!(check(Reach::Loopback, &addresses(&["127.0.0.1", "[::1]"])), Ok(()));
        assert_eq!(check(Reach::Loopback, &addresses(&["192.168.1.1"])), Err(AddressRefused));
    }
}
