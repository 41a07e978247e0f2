//! roadmapd: one roadmap from GitHub and Jira, its levels written back where people look.

pub mod sandbox;
