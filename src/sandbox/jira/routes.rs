//! Request -> who asks -> which route -> its answer, with the headers that every Jira answer bears.

use http::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::Site;
use crate::sandbox::Caller;
use crate::sandbox::message::{Call, Reply, base64_decode, digest, http_date};

/// The content type of every JSON body.
const JSON: &str = "application/json;charset=UTF-8";

/// An answer either way: `Err` is one that ends the work early.
pub(super) type Answer = Result<Reply, Reply>;

/// A request on its way to a handler.
pub(super) struct Ask<'a> {
    pub call: &'a Call,
    pub caller: Caller,
    /// Version 3, whose long texts are documents.
    pub rich: bool,
}

impl Ask<'_> {
    /// The segment after `/rest/api/{version}`, counted from 0.
    pub(super) fn at(&self, place: usize) -> &str {
        self.call.segment(place + 3)
    }

    pub(super) fn known(&self) -> bool {
        self.caller != Caller::Nobody
    }
}

/// One route: its path below `/rest/api/{version}`, whether it can change something, and who answers.
pub(super) struct Route {
    pub path: &'static str,
    pub writes: bool,
    pub handler: fn(&mut Site, &Ask) -> Answer,
}

/// The route for a method and the path's segments; `data_center` where only one kind of Jira is meant.
pub(super) fn find(method: &str, path: &[&str], data_center: Option<bool>) -> Option<Route> {
    let read = |path, handler| Some(Route { path, writes: false, handler });
    let (server, path) = match path {
        ["_edge", "tenant_info"] if data_center != Some(true) => return read("/_edge/tenant_info", Site::get_tenant),
        ["rest", "pat", "latest", "tokens"] if data_center != Some(false) => {
            return read("/rest/pat/latest/tokens", Site::list_tokens);
        }
        ["rest", "api", "2", path @ ..] => (data_center != Some(false), path),
        ["rest", "api", "3", path @ ..] if data_center != Some(true) => (false, path),
        _ => return None,
    };
    let cloud = data_center != Some(true);
    match (method, path) {
        ("GET", ["serverInfo"]) => read("/serverInfo", Site::get_server_info),
        ("GET", ["myself"]) => read("/myself", Site::get_myself),
        ("GET", ["issue", _]) => read("/issue/{issueIdOrKey}", Site::get_issue),
        ("PUT", ["issue", _]) => Some(Route { path: "/issue/{issueIdOrKey}", writes: true, handler: Site::put_issue }),
        ("GET", ["issue", _, "editmeta"]) => read("/issue/{issueIdOrKey}/editmeta", Site::get_edit_screen),
        ("GET", ["field"]) => read("/field", Site::list_fields),
        ("GET", ["issueLinkType"]) => read("/issueLinkType", Site::list_link_kinds),
        ("GET", ["project"]) if server => read("/project", Site::list_all_projects),
        ("GET", ["project", key]) if *key != "search" => read("/project/{projectIdOrKey}", Site::get_project),
        ("GET", ["mypermissions"]) => read("/mypermissions", Site::get_permissions),
        ("GET" | "POST", ["search"]) if server => read("/search", Site::search_by_offset),
        _ if cloud => find_in_cloud(method, path),
        _ => None,
    }
}

/// Routes that only Cloud has.
fn find_in_cloud(method: &str, path: &[&str]) -> Option<Route> {
    let read = |path, handler| Some(Route { path, writes: false, handler });
    match (method, path) {
        ("GET" | "POST", ["search", "jql"]) => read("/search/jql", Site::search),
        ("GET" | "POST", ["search"]) => read("/search", Site::removed_search),
        ("POST", ["issue", "bulkfetch"]) => read("/issue/bulkfetch", Site::fetch_issues),
        ("GET", ["issue", _, "changelog"]) => read("/issue/{issueIdOrKey}/changelog", Site::get_changelog),
        ("POST", ["changelog", "bulkfetch"]) => read("/changelog/bulkfetch", Site::fetch_changelogs),
        ("GET", ["priority", "search"]) => read("/priority/search", Site::list_priorities),
        ("GET", ["project", "search"]) => read("/project/search", Site::list_projects),
        _ => None,
    }
}

impl Site {
    /// Answers one request.
    pub(in crate::sandbox) fn handle(&mut self, call: &Call) -> Reply {
        self.request += 1;
        self.forget(call.now);
        let (caller, failed) = self.caller(call);
        let path: Vec<_> = call.segments.iter().map(String::as_str).collect();
        let ask = Ask { call, caller, rich: call.segment(2) == "3" };
        let reply = match find(call.method.as_str(), &path, Some(self.shape.data_center)) {
            // Neither the gateway nor Data Center takes a wrong credential for none.
            _ if failed && call.by_gateway => {
                Reply::json(401, JSON, &json!({"code": 401, "message": "Unauthorized; scope does not match"}))
            }
            _ if failed && self.shape.data_center => not_authenticated(),
            Some(route) => (route.handler)(self, &ask).unwrap_or_else(|early| early),
            None => {
                refusal(501, &format!("The sandbox's Jira doesn't know the route {} {}.", call.method, call.target))
            }
        };
        let request = digest(&[&self.request.to_be_bytes()]);
        let reply = reply
            .with("date", http_date(call.now))
            .with("x-arequestid", request)
            .with("cache-control", "no-cache, no-store, no-transform");
        let (who, name) = match self.shape.data_center {
            true => ("x-ausername", &self.people[super::BOT].name),
            false => ("x-aaccountid", &self.people[super::BOT].account),
        };
        let reply = if self.shape.data_center { reply } else { reply.with("server", "AtlassianEdge") };
        match caller {
            Caller::Nobody if failed => reply.with("x-seraph-loginreason", "AUTHENTICATED_FAILED"),
            Caller::Nobody => reply,
            Caller::Reader | Caller::Writer if self.shape.data_center => {
                reply.with(who, name.clone()).with("x-seraph-loginreason", "OK")
            }
            Caller::Reader | Caller::Writer => reply.with(who, name.clone()),
        }
    }

    /// Who asks, and whether credentials came that were wrong.
    fn caller(&self, call: &Call) -> (Caller, bool) {
        let Some(header) = call.header(AUTHORIZATION.as_str()) else { return (Caller::Nobody, false) };
        let given = call.credential().unwrap_or_default();
        let basic = base64_decode(given).and_then(|bytes| String::from_utf8(bytes).ok());
        let bearer = header.starts_with("Bearer ") && (self.shape.data_center || call.by_gateway);
        let right_way = call.by_gateway == self.shape.scoped;
        let is = |token: &str| {
            let basic = basic.as_deref() == Some(format!("{}:{token}", self.user).as_str());
            right_way && (basic || bearer && given == token)
        };
        if is(&self.token) {
            (Caller::Writer, false)
        } else if is(&self.read_only_token) {
            (Caller::Reader, false)
        } else {
            (Caller::Nobody, true)
        }
    }

    fn removed_search(&mut self, _: &Ask) -> Answer {
        Err(refusal(
            410,
            "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
        ))
    }
}

pub(super) fn ok(body: &Value) -> Reply {
    Reply::json(200, JSON, body)
}

/// Jira's error with one message.
pub(super) fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(status, JSON, &json!({"errorMessages": [message], "errors": {}}))
}

/// Jira's error about one field.
pub(super) fn field_refusal(status: u16, field: &str, message: &str) -> Reply {
    let mut errors = serde_json::Map::new();
    errors.insert(field.to_owned(), Value::String(message.to_owned()));
    Reply::json(status, JSON, &json!({"errorMessages": [], "errors": errors}))
}

pub(super) fn no_such_issue() -> Reply {
    refusal(404, "Issue does not exist or you do not have permission to see it.")
}

pub(super) fn not_authenticated() -> Reply {
    Reply::json(
        401,
        JSON,
        &json!({"message": "Client must be authenticated to access this resource.", "status-code": 401}),
    )
}

/// The body as JSON, or Jira's answer to what is none.
pub(super) fn body_of(call: &Call) -> Result<Value, Reply> {
    call.json()
        .filter(Value::is_object)
        .ok_or_else(|| refusal(400, "There was an error parsing JSON. Check that your request body is valid."))
}
