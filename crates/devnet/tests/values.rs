//! Rust values become Solidity values of the width that the interface names, and come back.

use sit_devnet::{Address, Artifact, CallError, Chain, Deployed, FromValue, IntoArg, U256, Value, args};

/// A contract that is only an interface: calls to it fail in the encoder or reach an address without code.
fn interface(chain: &mut Chain, inputs: &str) -> Deployed {
    let abi = format!(
        r#"[{{"type":"function","name":"f","stateMutability":"nonpayable","inputs":[{inputs}],"outputs":[]}}]"#
    );
    let mut usdc = chain.usdc();
    usdc.abi = Artifact::new("interface", Vec::new(), &abi).unwrap().abi;
    usdc.address = Address::repeat_byte(0x11);
    usdc
}

/// Whether a parameter of that type takes the value.
fn takes(ty: &str, value: impl IntoArg) -> bool {
    let mut chain = Chain::new();
    let alice = chain.account("alice");
    let contract = interface(&mut chain, &format!(r#"{{"name":"x","type":"{ty}"}}"#));
    match chain.view(&alice, &contract, "f", args![value]) {
        Ok(_) => true,
        Err(CallError::Abi(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn integers_take_the_width_of_the_parameter_and_never_lose_a_digit() {
    assert!(takes("uint8", 255) && !takes("uint8", 256) && !takes("uint8", -1));
    assert!(takes("int8", -128) && takes("int8", 127u64) && !takes("int8", 128) && !takes("int8", -129));
    assert!(takes("uint128", u128::MAX) && !takes("uint128", U256::from(u128::MAX) + U256::from(1)));
    assert!(takes("int128", i128::MIN) && takes("int256", i128::MIN) && takes("uint256", U256::MAX));
    assert!(!takes("int256", U256::MAX) && !takes("bool", 1) && !takes("address", 1));
}

#[test]
fn sequences_fit_item_by_item() {
    assert!(takes("uint32[]", vec![1, 2]) && takes("uint32[2]", vec![1, 2]) && !takes("uint32[3]", vec![1, 2]));
    assert!(takes("bytes", vec![1u8, 2]) && takes("uint8[]", vec![1u8, 2]) && !takes("uint8[]", vec![1, 300]));
    assert!(takes("bytes32", [7u8; 32]) && !takes("bytes32", vec![7u8; 31]));
    assert!(takes("string", "text") && takes("uint8[][]", vec![vec![1u8], vec![]]));
}

#[test]
fn tuples_fit_their_components() {
    let mut chain = Chain::new();
    let alice = chain.account("alice");
    let pair =
        r#"{"name":"x","type":"tuple[]","components":[{"name":"a","type":"uint32"},{"name":"b","type":"bool"}]}"#;
    let contract = interface(&mut chain, pair);
    assert!(chain.view(&alice, &contract, "f", args![vec![(1, true), (2, false)]]).is_ok());
    assert!(chain.view(&alice, &contract, "f", args![vec![(true, 1)]]).is_err());
}

#[test]
fn values_read_back_as_what_they_were() {
    fn round<T: IntoArg + FromValue + Clone + PartialEq + std::fmt::Debug>(value: T) {
        assert_eq!(T::from_value(&value.clone().into_arg()), Some(value));
    }
    round(u128::MAX);
    round(i128::MIN);
    round(-5i64);
    round(true);
    round([9u8; 32]);
    round(Address::repeat_byte(3));
    round(vec![(1u32, -1i16), (2, -2)]);
    round("text".to_owned());
    assert_eq!(u8::from_value(&Value::Uint(U256::from(256), 256)), None);
    assert_eq!(Vec::<u8>::from_value(&Value::Bytes(vec![1, 2])), Some(vec![1, 2]));
    assert_eq!(<(u8, u8)>::from_value(&(1u8, 2u8, 3u8).into_arg()), None);
}
