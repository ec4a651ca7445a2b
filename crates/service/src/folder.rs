//! The folder of a service, as `init` makes it: nothing that is there already is touched.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    net::SocketAddr,
    path::Path,
};

use portage_did::LoopbackOrigins;
use url::{Host, Url};

use crate::CommandError;

/// The configuration file must not be there yet.
///
/// # Errors
/// [`CommandError::Usage`].
pub fn must_be_new(path: &Path) -> Result<(), CommandError> {
    if path.exists() {
        return Err(CommandError::Usage(format!(
            "{} is there already; it was left as it is",
            path.display()
        )));
    }
    Ok(())
}

/// Where people reach the service: `--url`, else `localhost` with the port it listens on.
///
/// # Errors
/// [`CommandError::Usage`]: port 0 without `--url`.
pub fn public_url(url: Option<&Url>, listen: SocketAddr) -> Result<Url, CommandError> {
    match (url, listen.port()) {
        (Some(url), _) => Ok(url.clone()),
        (None, 0) => Err(CommandError::Usage("--listen: a port other than 0, or --url".to_owned())),
        (None, port) => Url::parse(&format!("http://localhost:{port}")).map_err(CommandError::fault),
    }
}

/// Makes the folder and those above it.
///
/// # Errors
/// [`CommandError::Fault`].
pub fn make_folder(dir: &Path) -> Result<(), CommandError> {
    std::fs::create_dir_all(dir)
        .map_err(|error| CommandError::Fault(format!("{} could not be made: {error}", dir.display())))
}

/// Writes a new file that is its owner's alone, and waits until it is on the disk.
///
/// # Errors
/// [`CommandError::Fault`]: also when the file is there already.
pub fn write_private(path: &Path, content: impl AsRef<[u8]>) -> Result<(), CommandError> {
    let write = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(content.as_ref())?;
        file.sync_all()
    };
    write().map_err(|error| CommandError::Fault(format!("{} could not be written: {error}", path.display())))
}

/// The address of a service: an origin with a host name, https unless it is one of the configured loopback origins. `example` is told with what is
/// wrong.
///
/// # Errors
/// What is wrong with `url`, without quoting it.
pub fn check_url(url: &Url, loopback: &LoopbackOrigins, example: &str) -> Result<(), String> {
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_origin || !url.username().is_empty() || url.password().is_some() {
        return Err(format!("url: an origin without a path, like {example}"));
    }
    if url.scheme() != "https" && !loopback.contains(url) {
        return Err("url: https, or an origin of network.allow".to_owned());
    }
    match url.host() {
        Some(Host::Domain(_)) => Ok(()),
        _ => Err("url: a host name; did:web has no addresses".to_owned()),
    }
}
