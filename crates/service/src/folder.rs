//! The folder of a service, as `init` makes it: nothing that is there already is touched.

use std::{
    fs::{self, OpenOptions},
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
    fs::create_dir_all(dir)
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

/// Puts a new text in the place of a file, in one step that survives a power cut: whoever reads sees the old one or the new one, whole. Where the
/// file is a link, what it leads to is replaced; permissions stay as they were.
///
/// # Errors
/// What the system says; the file is as it was.
pub fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let new = path.with_added_extension("new");
    let mut file = fs::File::create(&new)?;
    file.write_all(text.as_bytes())?;
    if let Ok(there) = fs::metadata(&path) {
        fs::set_permissions(&new, there.permissions())?;
    }
    file.sync_all()?;
    fs::rename(&new, &path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_keeps_who_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.toml");
        write_private(&path, "before").unwrap();
        fs::write(folder.path().join("issuer.toml.new"), "half of what somebody wrote before a power c")
            .unwrap();
        replace_file(&path, "after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            replace_file(&link, "through the link").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "through the link");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), if cfg!(unix) { 2 } else { 1 });
        assert!(replace_file(&folder.path().join("absent/file"), "x").is_err());
    }
}
