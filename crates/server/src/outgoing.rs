//! Requests that the server sends to addresses which somebody has named. One place, to be replaced by the guard that webhooks and gates
//! share.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use sluice_project::tls;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most bytes of an answer.
const LARGEST: u64 = 256 * 1024;

/// Whether a URL may be asked: https, or http where private addresses may be.
///
/// # Errors
/// Why not, in words.
pub fn check_url(url: &str, private: bool) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| "this is no URL".to_owned())?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if private => {}
        _ => return Err("give an https URL".to_owned()),
    }
    let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    if authority.is_empty() || authority.contains('@') || uri.query().is_some() {
        return Err("give a URL with a host, without a user and without a query".to_owned());
    }
    Ok(())
}

/// What stands at a URL. Redirects are not followed.
///
/// # Errors
/// Why it cannot be had, in words.
pub fn get(url: &str, private: bool) -> Result<Vec<u8>, String> {
    check_url(url, private)?;
    let config = Config::builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .tls_config(tls::trusting(&tls::machine_certificates()))
        .build();
    let agent = ureq::Agent::with_parts(
        config,
        DefaultConnector::default(),
        Guard { private, inner: DefaultResolver::default() },
    );
    let told = |error: ureq::Error| format!("{url} does not answer: {error}");
    let mut answer = agent.get(url).call().map_err(told)?;
    if answer.status() != 200 {
        return Err(format!("{url} answers {}", answer.status()));
    }
    answer.body_mut().with_config().limit(LARGEST).read_to_vec().map_err(told)
}

/// Looks names up, and passes on only addresses that may be asked: what is checked is what is connected to.
#[derive(Debug)]
struct Guard {
    private: bool,
    inner: DefaultResolver,
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| self.private || is_public(address)) {
            allowed.push(*address);
        }
        if allowed.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(allowed) }
    }
}

/// Whether an address is on the public internet.
fn is_public(address: &SocketAddr) -> bool {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && (c == 0 || c == 2))
                || (a == 198 && (b == 18 || b == 19 || (b == 51 && c == 100)))
                || (a == 203 && b == 0 && c == 113))
        }
        IpAddr::V6(ip) => {
            let [first, second, ..] = ip.segments();
            // Only what is given out to the world; of it not what leads back into IPv4 or is for documents.
            (0x2000..0x4000).contains(&first)
                && first != 0x2002
                && !(first == 0x2001 && (second < 0x200 || second == 0xdb8))
                && first != 0x3fff
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_and_of_private_networks_are_not_public() {
        for (ip, public) in [
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.31.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::", false),
            ("::ffff:127.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("2002:7f00:1::", false),
            ("2001:db8::1", false),
            ("140.82.112.3", true),
            ("2606:50c0:8000::153", true),
        ] {
            assert_eq!(is_public(&SocketAddr::new(ip.parse().unwrap(), 443)), public, "{ip}");
        }
    }

    #[test]
    fn only_https_is_asked_unless_private_addresses_may_be() {
        assert_eq!(check_url("https://ci.example.com/a", false), Ok(()));
        assert_eq!(check_url("http://127.0.0.1:80", true), Ok(()));
        for url in [
            "http://ci.example.com",
            "file:///etc/passwd",
            "ci.example.com",
            "https://a@b",
            "https://a/?b",
            "",
        ] {
            assert!(check_url(url, false).is_err(), "{url}");
        }
        assert!(get("https://127.0.0.1:1/", false).unwrap_err().contains("host not found"));
    }
}
