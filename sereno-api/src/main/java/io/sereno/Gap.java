package io.sereno;

public record Gap(long firstOffset, long lastOffset) {}
