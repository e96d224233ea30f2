package io.sereno.spring.boot.guide;

interface Archive {
    void write(Customer customer, long token);

    void close(long token);

    void writeNext(long token);
}
