//! The page over real HTTP on loopback, with both trackers in memory behind it.

mod api;
mod browser;
mod cycles;
mod deploy;
mod guard;
mod health;
mod item;
mod large;
mod metrics;
mod openmetrics;
mod picture;
mod privacy;
mod probes;
mod promql;
mod site;
mod views;
