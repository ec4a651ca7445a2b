use tracing_subscriber::EnvFilter;

/// Sends the log to standard error, one JSON object a line; `PORTAGE_LOG` chooses what (default `info`).
///
/// Foreign text in a field is escaped by JSON, so a log line is always one line. A second call changes nothing.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("PORTAGE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber =
        tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).finish();
    // Err: a subscriber is there already, as in tests that run several services in one process.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
