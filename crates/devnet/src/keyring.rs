//! Keys that are known here: Anvil's ten, which everybody knows, and further ones of the market that lives.
//!
//! They are public. Nothing of value may ever belong to them on another chain.

use pallet_revive::evm::Account;
use sp_core::{H160, hashing::keccak_256};

/// What an account of the development chain is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// For whoever works with the chain: nobody else sends from it.
    Yours,
    /// Quotes both sides.
    Maker,
    /// Takes from the book, now on this side and now on that.
    Taker,
    /// Takes from the book what has risen, and sells what has fallen.
    Follower,
    /// Buys what a company will need.
    Hedger,
    /// Settles, calls margin, liquidates.
    Keeper,
    /// Vetoes, and sends what only tightens.
    Guardian,
    /// Deploys the contracts and proposes.
    Governor,
    /// Reports prices of the index.
    Reporter,
}

impl Role {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yours => "yours",
            Self::Maker => "maker",
            Self::Taker => "taker",
            Self::Follower => "follower",
            Self::Hedger => "hedger",
            Self::Keeper => "keeper",
            Self::Guardian => "guardian",
            Self::Governor => "governor",
            Self::Reporter => "reporter",
        }
    }
}

/// A key with its account.
#[derive(Clone, Debug)]
pub struct Key {
    /// What it is called in what is printed.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Its address.
    pub address: H160,
    /// The key itself.
    pub secret: [u8; 32],
    account: Account,
}

impl Key {
    /// The key of a secret.
    fn new(name: String, role: Role, secret: [u8; 32]) -> Self {
        let account = Account::from_secret_key(secret);
        Self { name, role, address: account.address(), secret, account }
    }

    /// The key of a name: always the same, and as public as its name.
    #[must_use]
    pub fn named(name: &str, role: Role) -> Self {
        Self::new(name.to_owned(), role, keccak_256(format!("sit-devnet/{name}").as_bytes()))
    }

    /// Signs a digest of 32 bytes: r, s, and 27 or 28. `None` for a secret that is no key, which none of these is.
    #[must_use]
    pub fn sign_digest(&self, digest: &[u8; 32]) -> Option<[u8; 65]> {
        use sp_core::{Pair, ecdsa};
        let mut signature = ecdsa::Pair::from_seed_slice(&self.secret).ok()?.sign_prehashed(digest).0;
        signature[64] += 27;
        Some(signature)
    }

    /// Signs for it.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }
}

impl sit_client::Signer for Key {
    fn address(&self) -> [u8; 20] {
        self.address.0
    }
}

/// The phrase from which Anvil, Hardhat and others derive these ten keys, at `m/44'/60'/0'/0/n`.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// The ten keys of [`MNEMONIC`], and what each is for here.
const ANVIL: [(&str, Role, &str); 10] = [
    ("you 0", Role::Yours, "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
    ("you 1", Role::Yours, "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
    ("you 2", Role::Yours, "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
    ("maker 1", Role::Maker, "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
    ("maker 2", Role::Maker, "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
    ("taker", Role::Taker, "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
    ("hedger", Role::Hedger, "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
    ("keeper", Role::Keeper, "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
    ("guardian", Role::Guardian, "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"),
    ("governor", Role::Governor, "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"),
];

/// Reporters of the index, as many as the launch preset's quorum wants and one more.
const REPORTERS: usize = 4;

/// The follower's, for whom Anvil's ten leave none: that of Ethan of Moonbeam's tutorials, to whom a node's first block
/// gives as much as to the others.
const FOLLOWER: &str = "7dce9bc8babb68fec1409be38c8e1a52650206a7ed90ff956ae8a6d15eeaaef4";

/// All keys of a development chain: Anvil's ten first, in their order, then those of the reporters and the follower's.
#[must_use]
pub fn all() -> Vec<Key> {
    let of = |name: &str, role: Role, secret: &str| {
        let bytes = alloy_core::primitives::hex::decode_to_array(secret).unwrap_or_default();
        Key::new(name.to_owned(), role, bytes)
    };
    let anvil = ANVIL.iter().map(|(name, role, secret)| of(name, *role, secret));
    let reporters = (1..=REPORTERS).map(|number| Key::named(&format!("reporter {number}"), Role::Reporter));
    anvil.chain(reporters).chain([of(Role::Follower.name(), Role::Follower, FOLLOWER)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_gives_something_to_the_same_keys() {
        let node = &sit_hub::development::ADDRESSES;
        let first = ANVIL.len() + REPORTERS;
        for (key, address) in all()[..first].iter().zip(node) {
            assert_eq!(key.address.0, *address, "{}", key.name);
        }
        let others = ["f24ff3a9cf04c71dbc94d0b566f7a27b94566cac", "3cd0a705a2dc65e5b1e1205896baa2be8a07c6e0"];
        for (address, digits) in node[first..].iter().zip(others) {
            assert_eq!(alloy_core::primitives::hex::encode(address), digits);
        }
        // Behind both of these come three more, of whom the last is the follower.
        assert_eq!(all()[first..].iter().map(|key| &key.address.0).collect::<Vec<_>>(), [&node[node.len() - 1]]);
    }

    /// Lines for wallets: a name, an address or the variable that has it, and a key.
    #[test]
    fn the_keys_that_the_script_of_the_node_prints_are_those_of_the_addresses_beside_them() {
        let script = include_str!("../../../scripts/node");
        let variable = |name: &str| script.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let mut seen = 0;
        for line in script.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [.., address, key] = words[..] else { continue };
            let Some(digits) = key.strip_prefix("0x").filter(|digits| digits.len() == 64) else { continue };
            let address = address.strip_prefix('$').map_or(Some(address), variable).expect("the script sets it");
            let secret = alloy_core::primitives::hex::decode_to_array(digits).expect("these are digits");
            let found = Account::from_secret_key(secret).address();
            assert_eq!(format!("{found:?}"), address.to_lowercase(), "{line}");
            assert!(sit_hub::development::ADDRESSES.contains(&found.0), "a new chain gives it nothing: {line}");
            seen += 1;
        }
        assert_eq!(seen, 4, "the keys that the script prints");
    }

    #[test]
    fn the_first_ten_are_anvils() {
        let keys = all();
        let address = |number: usize| format!("{:?}", keys[number].address);
        assert_eq!(address(0), "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
        assert_eq!(address(1), "0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
        assert_eq!(address(2), "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc");
        assert_eq!(address(3), "0x90f79bf6eb2c4f870365e785982e1f101e93b906");
        assert_eq!(address(9), "0xa0ee7a142d267c1f36714e4a8f75612f20a79720");
        assert_eq!(keys.len(), 15);
        assert_eq!((&*keys[14].name, &*address(14)), ("follower", "0xff64d3f6efe2317ee2807d223a0bdc4c0c49dfdb"));
    }
}
