package io.sereno.spring.boot.guide;

record Customer(int id) {}
