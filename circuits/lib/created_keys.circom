pragma circom 2.1.9;

// The key hashes of the accounts that a batch creates are those that its ops name.
//
// A slot's key hash changes only if its account is created. So the circuit has one vector of key hashes for the whole batch, those after
// it: an account that is created in the batch has its key from the start and, until then, the word 0. `created` marks the slots of
// the indexes oldAccountCount .. newAccountCount - 1: they follow each other, as the slots' indexes strictly rise. Ops create at these indexes in
// this order. So the n-th created slot must have the n-th key hash that ops named, which is checked for all of them at once:
// both lists are the coefficients of a polynomial, and the two polynomials have the same value at z.
//
// Both are fixed before z is known, as L1 derives it from C: C binds the data, hence the named key hashes and the old and the new root; and
// a root binds the key hash at each index. If the lists differ in one place, the values differ but for fewer than N1 + N2 of r values of z.
template CreatedKeys(M) {
    signal input slotIndex[M];      // `depth` bits, strictly rising: ensured by the caller
    signal input oldKeyHash[M];     // field elements
    signal input newKeyHash[M];     // field elements
    signal input oldAccountCount;   // bound by the old root
    signal input newAccountCount;   // oldAccountCount and one for each creation
    signal input z;                 // public
    signal input named;             // sum of the key hashes that ops named, by NamedKey
    signal created[M];              // 1 bit each
    signal atZ[M + 1];              // field elements: the polynomial so far
    component add[M];
    var next = oldAccountCount;
    atZ[0] <== 0;
    for (var j = 0; j < M; j++) {
        created[j] <-- slotIndex[j] == next && next != newAccountCount ? 1 : 0;
        created[j] * (1 - created[j]) === 0;
        created[j] * (slotIndex[j] - next) === 0;
        created[j] * oldKeyHash[j] === 0;
        (1 - created[j]) * (newKeyHash[j] - oldKeyHash[j]) === 0;
        next += created[j];
        add[j] = NamedKey();
        add[j].sum <== atZ[j];
        add[j].z <== z;
        add[j].is <== created[j];
        add[j].keyHash <== newKeyHash[j];
        atZ[j + 1] <== add[j].out;
    }
    // With this all indexes from oldAccountCount to newAccountCount - 1 are marked.
    next === newAccountCount;
    atZ[M] === named;
}

// One step of Horner's scheme, if `is`: sum z + keyHash; otherwise sum.
template NamedKey() {
    signal input sum;               // a field element
    signal input z;                 // public
    signal input is;                // 1 bit, ensured by the caller
    signal input keyHash;           // a field element
    signal output out;              // a field element
    signal raised <== sum * (z - 1);  // a field element
    out <== sum + is * (raised + keyHash);
}
