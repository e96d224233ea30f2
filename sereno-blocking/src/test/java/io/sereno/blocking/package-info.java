@org.jspecify.annotations.NullMarked
package io.sereno.blocking;
