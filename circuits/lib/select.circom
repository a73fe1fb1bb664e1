pragma circom 2.1.9;

// One-hot vector of a k-bit number, least significant bit first: out[v] = 1, all others 0.
// Built as an outer product, one bit at a time; in each step the last product and the lower half follow linearly
// (sum of products = bit), so a step costs 2^(k-1) - 1 constraints; 2^k - k - 1 in all.
// The bits must be boolean: the caller takes them from Num2Bits.
template OneHot(k) {
    signal input bits[k];           // 1 bit each
    signal output out[1 << k];      // 1 bit each, sum 1
    if (k == 0) {
        out[0] <== 1;
    } else if (k == 1) {
        out[0] <== 1 - bits[0];
        out[1] <== bits[0];
    } else {
        var half = 1 << (k - 1);
        component lower = OneHot(k - 1);
        for (var i = 0; i < k - 1; i++) lower.bits[i] <== bits[i];
        var sum = 0;
        for (var i = 0; i < half - 1; i++) {
            out[half + i] <== bits[k - 1] * lower.out[i];
            sum += out[half + i];
        }
        out[2 * half - 1] <== bits[k - 1] - sum;
        for (var i = 0; i < half; i++) out[i] <== lower.out[i] - out[half + i];
    }
}

// The vector with the element that h points to replaced: out = in + h * (new - in), element by element.
// h has at most one 1, all else 0. The sum of what changed must be `change`, so where h points somewhere the element
// there was new - change: with change = new - old this proves that it was `old`, in the same pass.
// Where h is all zero nothing changes, and change must be 0.
template Replace(n) {
    signal input in[n];             // field elements
    signal input h[n];              // 1 bit each, at most one 1: ensured by the caller
    signal input new;               // a field element
    signal input change;            // a field element
    signal output out[n];           // field elements
    var sum = 0;
    for (var i = 0; i < n; i++) {
        out[i] <== in[i] + h[i] * (new - in[i]);
        sum += out[i] - in[i];
    }
    sum === change;
}
