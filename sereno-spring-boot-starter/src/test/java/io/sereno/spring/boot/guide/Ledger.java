package io.sereno.spring.boot.guide;

interface Ledger {
    long closeMonth(long token);
}
