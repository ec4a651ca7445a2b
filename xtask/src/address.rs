use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

/// Below the ports that systems hand out to connections.
const FIRST: u16 = 20_000;
/// How many there are.
const COUNT: u16 = 12_000;

/// A loopback address that is free now, and stays so until a program listens there: no connection is given its port, and this process names
/// none twice. Processes that ask at the same time begin at different places.
///
/// # Errors
/// None is free: the last answer of the system.
pub fn free_address() -> io::Result<SocketAddr> {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(COUNT)).unwrap_or_default();
    let mut last = Err(io::ErrorKind::AddrNotAvailable.into());
    for _ in 0..COUNT {
        let offset = start.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST + offset));
        last = TcpListener::bind(address).map(|_| address);
        if last.is_ok() {
            break;
        }
    }
    last
}
