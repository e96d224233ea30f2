@org.jspecify.annotations.NullMarked
package io.sereno.examples.backend;
