//! Inbound HTTP: specification error bodies, limits, headers, a clean stop.
