/** An application on the module path. */
package io.sereno.consumer;
