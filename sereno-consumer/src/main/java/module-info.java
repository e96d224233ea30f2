/** An application: it names the API, and the module path brings the rest. */
module io.sereno.consumer {
    requires io.sereno;
}
