//! The page over real HTTP on loopback, with both trackers in memory behind it.

mod api;
mod browser;
mod cycles;
mod guard;
mod health;
mod item;
mod large;
mod privacy;
mod site;
mod views;
