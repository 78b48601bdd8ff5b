//! The project's contracts on the ledger.

use super::{address, i128_value, return_value, Net};
use ed25519_dalek::SigningKey;
use soroban_env_host::xdr::{
    BytesM, ContractExecutable, ContractIdPreimage, ContractIdPreimageFromAddress,
    CreateContractArgsV2, Hash, HostFunction, ScAddress, ScBytes, ScVal, ScVec, Uint256,
};

fn wasm(name: &str) -> BytesM {
    let path = format!("{}/../../contracts/wasm/{name}.wasm", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect("the contracts are built").try_into().unwrap()
}

pub fn list(values: Vec<ScVal>) -> ScVal {
    ScVal::Vec(Some(ScVec(values.try_into().unwrap())))
}

/// Meters of it may be charged 100 XLM; `operator` is its admin, settler, fee account and treasury.
pub fn create_router(net: &mut Net, operator: &SigningKey) -> ScAddress {
    let token = net.native_token(operator);
    let mut upload = |name: &str| -> ScVal {
        return_value(&net.invoke(operator, HostFunction::UploadContractWasm(wasm(name))))
    };
    let (meter, router) = (upload("meter"), upload("router"));
    let ScVal::Bytes(ScBytes(hash)) = router else { panic!("not a hash") };
    let who = address(operator);
    let ScVal::Address(deployer) = who.clone() else { panic!("not an address") };
    let (cap, delay) = (ScVal::U32(3_000), ScVal::U64(60));
    let allowance = i128_value(1_000_000_000);
    let token = ScVal::Address(token);
    let arguments = vec![who.clone(), who.clone(), token, who.clone(), who, cap, meter, allowance, delay];
    let created = net.invoke(
        operator,
        HostFunction::CreateContractV2(CreateContractArgsV2 {
            contract_id_preimage: ContractIdPreimage::Address(ContractIdPreimageFromAddress {
                address: deployer,
                salt: Uint256([1; 32]),
            }),
            executable: ContractExecutable::Wasm(Hash(hash.as_slice().try_into().unwrap())),
            constructor_args: arguments.try_into().unwrap(),
        }),
    );
    match return_value(&created) {
        ScVal::Address(router) => router,
        other => panic!("{other:?}"),
    }
}
