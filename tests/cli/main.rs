//! The binary as a black box: exit codes, JSON, signals, and what it leaves in the trackers. They are served by this process.

mod asks;
mod daemon;
mod desk;
mod disk;
mod first_contact;
mod flavours;
mod health;
mod hooks;
mod init;
mod killed;
mod manners;
mod page;
mod scopes;
mod secrets;
mod service;
mod shapes;
mod start;
mod why;
