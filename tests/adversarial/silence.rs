//! A place that nobody may contact.

use std::net::TcpListener;

/// Listens on a loopback port and expects silence.
pub(crate) struct SilentListener(TcpListener);

impl SilentListener {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        SilentListener(listener)
    }

    /// An address there.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.0.local_addr().unwrap().port())
    }

    /// Nobody connected: a connection would wait in the listener's queue.
    pub(crate) fn assert_silence(&self) {
        let nobody = self.0.accept().unwrap_err();
        assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
    }
}
