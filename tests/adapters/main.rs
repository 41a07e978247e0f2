//! The adapters against mocks of the trackers: whole exchanges, refusals, limits, and answers that are none.

mod github_app;
mod github_hindsight;
mod github_reach;
mod github_read;
mod github_recorded;
mod github_shapes;
mod github_talk;
mod github_write;
mod jira_data_center;
mod jira_fields;
mod jira_gateway;
mod jira_read;
mod jira_tls;
mod jira_write;
mod policy;
mod recorded;
mod sandbox;
mod support;
