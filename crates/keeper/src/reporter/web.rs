//! Addresses asked over HTTP.

use std::time::Duration;

use sit_client::rpc::as_told;

use super::Fetch;

/// Bytes of an answer at most: a list of prices is a few thousand.
pub(super) const LONGEST: u64 = 8 << 20;

/// Asks addresses over HTTP, each within ten seconds. An answer that points to another address is none: whoever it is
/// would be sent the headers, in which providers want their keys.
#[derive(Clone, Debug)]
pub struct Web {
    agent: ureq::Agent,
}

impl Default for Web {
    fn default() -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).max_redirects(0);
        Self { agent: config.http_status_as_error(false).build().into() }
    }
}

impl Fetch for Web {
    fn fetch(&mut self, url: &str, headers: &[(String, String)], body: Option<&str>) -> Result<Vec<u8>, String> {
        let sent = match body {
            Some(body) => {
                let mut request = self.agent.post(url).header("content-type", "application/json");
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                request.send(body)
            }
            None => {
                let mut request = self.agent.get(url);
                for (name, value) in headers {
                    request = request.header(name, value);
                }
                request.call()
            }
        };
        let url = as_told(url);
        let mut answer = sent.map_err(|error| format!("{url}: {error}"))?;
        if answer.status().is_redirection() {
            return Err(format!("{url} points to another address, which is not asked: name it in the mapping"));
        }
        if !answer.status().is_success() {
            return Err(format!("{url} answers with status {}", answer.status().as_u16()));
        }
        answer.body_mut().with_config().limit(LONGEST).read_to_vec().map_err(|error| format!("{url}: {error}"))
    }
}
