package io.sereno;

public interface Leadership extends Grant {}
