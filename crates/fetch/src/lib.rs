//! Outbound HTTP: exact origins, bounded size and time, no redirects, one cache.
